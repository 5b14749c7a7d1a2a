def test_create_and_read(client, ann):
    created = client.post("/notes", headers=ann, json={"title": "Tea", "body": "Green"})
    assert created.status_code == 201
    note = created.json()
    assert client.get(f"/notes/{note['id']}", headers=ann).json() == note
    assert note in client.get("/notes", headers=ann).json()


def test_a_note_has_a_label(client, ann):
    label = client.post("/labels", headers=ann, json={"name": "shop"}).json()
    data = {"title": "Milk", "label_id": label["id"]}
    assert client.post("/notes", headers=ann, json=data).json()["label_id"] == label["id"]
    assert label in client.get("/labels", headers=ann).json()


def test_delete(client, ann):
    note = client.post("/notes", headers=ann, json={"title": "Gone"}).json()
    assert client.delete(f"/notes/{note['id']}", headers=ann).status_code == 204
    assert client.get(f"/notes/{note['id']}", headers=ann).status_code == 404
    assert note not in client.get("/notes", headers=ann).json()


def test_notes_of_others_are_not_there(client, ann, bob):
    note = client.post("/notes", headers=ann, json={"title": "Mine"}).json()
    assert client.get(f"/notes/{note['id']}", headers=bob).status_code == 404
    assert client.delete(f"/notes/{note['id']}", headers=bob).status_code == 204
    assert client.get(f"/notes/{note['id']}", headers=ann).status_code == 200
    assert client.get("/notes", headers=bob).json() == []


def test_a_title_is_required(client, ann):
    assert client.post("/notes", headers=ann, json={"title": ""}).status_code == 422


def test_no_id(client, ann):
    assert client.get("/notes/x", headers=ann).status_code == 422


def test_nobody_reads_without_a_token(client):
    assert client.get("/notes").status_code == 401
    assert client.get("/labels").status_code == 401
