"""The public libraries: regulations, fees, catalogue, capabilities, comparisons."""
