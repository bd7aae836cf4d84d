"""What people see: parse, call one workflow function, render."""
