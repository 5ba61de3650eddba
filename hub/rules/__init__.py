"""What is true: pure functions of the field; no session, no clock, no actor."""
