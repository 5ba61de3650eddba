"""One plan for each operation: priced, authorized, explained, executed. See docs/plan.md."""
