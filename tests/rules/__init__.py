"""The rules: what is true, checked against vectors and properties."""
