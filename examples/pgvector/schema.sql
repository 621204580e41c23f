-- Photos stay where their owner keeps them: a new model's embeddings are made from them.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE IF NOT EXISTS photo (
    photo_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person text NOT NULL,
    location text NOT NULL UNIQUE
);

-- One row for each photo and recognizer. A partition holds one recognizer's embeddings, so that no
-- search can compare those of two, an index covers one alone, and an old one goes as a whole.
CREATE TABLE IF NOT EXISTS face (
    photo_id bigint NOT NULL REFERENCES photo ON DELETE CASCADE,
    recognizer text NOT NULL,
    embedding vector(512),
    refused text, -- why this recognizer has no embedding of it
    CHECK ((embedding IS NULL) <> (refused IS NULL)),
    PRIMARY KEY (recognizer, photo_id)
) PARTITION BY LIST (recognizer);
