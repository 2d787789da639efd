SELECT id, balance FROM accounts WHERE owner = %(owner)s;
