"""How good the diagnosis is: scores on labelled failures."""
