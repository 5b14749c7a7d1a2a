"""Noise, the same each time."""

import random

from app.core.config import Settings
from app.core.credentials.jwt import InvalidTokenError
from app.lifespan import make_codec
from tokens.attacking import ALPHABET, Attack
from tokens.forging import Forge, decode, encode


def mutate(token: str, chance: random.Random) -> str:
    """Change a token as noise would, in its text or below it."""
    place = chance.randrange(len(token))
    character = chance.choice([*ALPHABET, *"=+/. \x00\xe9\u2024"])
    segments = token.split(".")
    which = chance.randrange(3)
    data = bytearray(decode(segments[which]))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    below = ".".join([*segments[:which], encode(bytes(data)), *segments[which + 1 :]])
    return str(
        chance.choice(
            [
                below,
                token[:place] + character + token[place:],
                token[:place] + character + token[place + 1 :],
                token[:place] + token[place + 1 :],
                token[:place] + token[place : place + 9] + token[place:],
                token[place:] + token[:place],
                token[:place],
                ".".join(chance.sample(segments, chance.randint(0, 3))),
            ]
        )
    )


async def test_no_mutation_is_accepted(
    attack: Attack, forge: Forge, settings: Settings, algorithm: str
) -> None:
    codec = make_codec(settings)
    chance = random.Random(f"seed of {algorithm}")  # noqa: S311 - no secret
    mutations = {mutate(forge.token, chance) for _ in range(2000)} - {forge.token}
    accepted = []
    for mutation in sorted(mutations):
        try:
            codec.verify(mutation)
        except InvalidTokenError:
            continue
        accepted.append(mutation)

    assert accepted == []
    assert len(mutations) > 1000
    await attack({mutation: mutation for mutation in sorted(mutations)[:100]})
