"""What is measured for Prometheus; loaded only where the settings want it."""
