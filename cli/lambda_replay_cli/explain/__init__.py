"""From a record to what is said about it: the domain's diagnosis, and a team's own rules in front."""
