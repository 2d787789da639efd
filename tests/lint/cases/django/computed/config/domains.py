DOMAINS = ["wallet"]
