READ_METHODS = ["get", "head", "options"]
ALL_METHODS = [*READ_METHODS, "post"]
