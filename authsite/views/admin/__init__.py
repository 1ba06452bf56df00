"""Pages for those who run the site: everything below `/admin`."""
