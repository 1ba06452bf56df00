"""Find out what is wrong with a site before its users do; `CHECKS` lists what is checked."""
