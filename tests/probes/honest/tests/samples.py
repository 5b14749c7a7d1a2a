from tests.platform.samples import Samples

samples = Samples(
    parameters={"GET /api/v1/honest/events/{event_id}/coupon": {"code": "AB-12"}},
    bodies={"POST /api/v1/honest/events/{event_id}/notes": {"text": "AB-12"}},
    files={
        "PUT /api/v1/honest/events/{event_id}/picture": {
            "picture": ("a.png", b"\x89PNG", "image/png")
        }
    },
    skipped={"DELETE /api/v1/honest/machines/{machine_id}": "It stops a machine that is outside"},
)
