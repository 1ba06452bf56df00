"""The package of the hosts: pyramid_jinja2 looks for templates beside its file."""
