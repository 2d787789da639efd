"""gRPC servicers and how they are served."""
