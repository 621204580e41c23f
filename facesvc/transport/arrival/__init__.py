"""What happens to a call before a thread works on it: who calls, what is refused, what waits."""
