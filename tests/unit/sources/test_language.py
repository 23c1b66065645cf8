"""A text's language is told by its commonest words, and not guessed."""

from __future__ import annotations

import pytest

from publisher.sources.language import language_of


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (
            "en",
            "The council will meet again on Monday to discuss the matter, the mayor told the newspaper. It "
            "was the first time that she had said so in public.",
        ),
        (
            "de",
            "Der Stadtrat wird am Montag wieder zusammenkommen, um über die Sache zu sprechen, sagte die "
            "Bürgermeisterin der Zeitung. Es war das erste Mal.",
        ),
        (
            "fr",
            "Le conseil se réunira de nouveau lundi pour discuter de la question, a dit la maire au journal."
            " C'était la première fois qu'elle en parlait.",
        ),
        (
            "es",
            "El ayuntamiento se reunirá de nuevo el lunes para tratar el asunto, dijo la alcaldesa al "
            "periódico. Era la primera vez que lo decía.",
        ),
        (
            "it",
            "Il consiglio si riunirà di nuovo lunedì per discutere della questione, ha detto la sindaca al "
            "giornale. Era la prima volta che ne parlava.",
        ),
        (
            "nl",
            "Het college komt maandag opnieuw bijeen om de zaak te bespreken, zegt de burgemeester tegen de "
            "krant. Het was de eerste keer dat zij dit zei.",
        ),
        (
            "pl",
            "Rada zbierze się ponownie w poniedziałek, aby omówić tę sprawę, powiedziała gazecie burmistrz. "
            "Był to pierwszy raz, kiedy o tym mówiła.",
        ),
        ("ja", "町議会は月曜日に再び集まり、この問題について話し合うと市長は新聞に語った。" * 3),
        ("zh", "市议会将于星期一再次开会讨论此事，市长对报纸说。" * 4),
    ],
)
def test_a_language_is_told_by_its_commonest_words(tag, text):
    assert language_of(text) == tag


@pytest.mark.parametrize("text", ["", "The bridge", "42 17 " * 60, "Lorem xyzzy plugh frotz " * 20])
def test_no_language_is_named_where_it_cannot_be_told(text):
    assert language_of(text) is None
