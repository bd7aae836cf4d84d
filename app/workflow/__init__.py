"""What happens: one verb per file, one function per event."""
