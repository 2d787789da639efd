"""AWS Lambda Powertools: a persistence layer on Postgres, and ``@money_moving`` on a resolver's routes."""
