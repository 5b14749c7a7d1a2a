from backend.middleware import RateLimit


def test_so_many_requests(monkeypatch):
    monkeypatch.setenv("REQUESTS_PER_MINUTE", "2")
    limit = RateLimit(None)
    assert [limit.is_over("1.2.3.4") for _ in range(3)] == [False, False, True]
    assert not limit.is_over("1.2.3.5")
