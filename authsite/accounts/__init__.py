"""The inner ring: what an account is and what can happen to it, without a word of HTTP."""
