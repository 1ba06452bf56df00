"""Verifying password hashes of other systems, which imported users have until they sign in.

A hash is stored as its system wrote it. A prefix (`argon2`, `bcrypt`, `nfkc`) distinguishes PHC
strings and bcrypt hashes from our own and names how the password was prepared.
"""
