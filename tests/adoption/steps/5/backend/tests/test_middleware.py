from backend.middleware import RateLimit


def test_so_many_requests():
    limit = RateLimit(None)
    assert [limit.is_over("1.2.3.4", 2) for _ in range(3)] == [False, False, True]
    assert not limit.is_over("1.2.3.5", 2)
