"""Groups, their history and their pending counts on the table."""
