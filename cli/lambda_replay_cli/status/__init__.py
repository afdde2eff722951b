"""How the whole service fares at this moment."""
