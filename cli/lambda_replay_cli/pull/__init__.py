"""An original event as a file, and how to feed it to the function on this machine."""
