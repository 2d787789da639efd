from __future__ import annotations

from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from wallet.mutations import mutation as wallet_mutation
from wallet.mutations import receipt

TYPES = """
type Query { balance: Int }
type Receipt { id: Int text: String }
type Mutation {
  transfer(amount: Int!): Receipt
  payOut: Boolean
  quote: Int
  settle: Boolean
  freeze: Boolean
  close: Boolean
  sweep: Boolean
  roundUp: Boolean
}
"""

query = QueryType()
savings = MutationType()
plain = ObjectType("Mutation")


@query.field("balance")
def resolve_balance(*_):
    return 0


@savings.field("sweep")
@savings.field("roundUp")
def sweep(_, info):
    return True


@plain.field("close")
def close(_, info):
    return True


schema = make_executable_schema(TYPES, query, wallet_mutation, savings, plain, receipt)
