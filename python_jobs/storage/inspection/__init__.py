"""What can be told about a database from outside and from inside, for `insights doctor`."""
