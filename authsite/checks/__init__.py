"""What has to be true of a site before people should meet it, a few checks a file."""
