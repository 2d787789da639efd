async def from_spec(): return {}


async def from_spec_read(): return {}


async def switch(): return {}


async def post_refund(): return {}


async def any_verb(): return {}
