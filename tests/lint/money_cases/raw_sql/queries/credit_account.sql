-- Adds to an account.
UPDATE accounts
   SET balance = balance + %(amount)s
 WHERE id = %(account)s;
