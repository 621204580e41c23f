"""What Prometheus reads: how many calls, how long each stage took, what was refused."""
