"""A module is a resource too: Falcon only asks for attributes."""


def on_get(req, resp): resp.media = {}


def on_post(req, resp): resp.media = {}


def post(entry): return entry
