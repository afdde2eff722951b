"""How things look: templates, times, charts, text that strangers wrote."""
