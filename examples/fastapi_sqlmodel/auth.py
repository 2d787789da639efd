from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request

from fastapi_sqlmodel.db import SessionDep
from fastapi_sqlmodel.models import User
from fastapi_sqlmodel.repositories import UserRepository


def current_user(request: Request, session: SessionDep, authorization: Annotated[str, Header()] = "") -> User:
    users = UserRepository(session)
    user = users.by_token(authorization.removeprefix("Bearer "))
    if user is None:
        raise HTTPException(401)
    users.seen(user)  # commits, as the transfer does on the same session
    request.state.user = user.id
    return user


CurrentUser = Annotated[User, Depends(current_user)]
