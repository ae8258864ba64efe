"""Makes the tables of prosody and of normal forms, from dictionaries and from how poets use them."""
