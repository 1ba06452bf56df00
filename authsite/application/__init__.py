"""How the application is configured and started."""
