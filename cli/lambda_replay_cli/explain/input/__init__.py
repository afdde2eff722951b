"""From a file or a pipe to execution records, whatever form they have."""
