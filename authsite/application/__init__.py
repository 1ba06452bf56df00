"""How the application is put together and started."""
