"""GraphQL resolvers: strawberry, graphene, ariadne."""
