"""What is kept: tables and the queries on them. The only place with SQL."""
