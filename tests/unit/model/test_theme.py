from publisher.model.theme import Logo, Palette, Theme

LOGO = Logo("https://harbor.example/logo.png", 240, 48)
BASE = Theme(Palette("#b3122e", "#111111"), Palette("#ff8a9a"), LOGO, "Lora, serif", "Verdana, sans-serif", 640)


def test_what_a_send_leaves_out_is_the_publications():
    assert Theme().over(BASE) == BASE
    assert Theme(width=560, text="Arial, sans-serif").over(BASE) == Theme(
        BASE.light, BASE.dark, LOGO, "Lora, serif", "Arial, sans-serif", 560
    )


def test_a_sends_own_colour_does_not_keep_the_dark_counterpart_of_another():
    assert Theme(Palette(accent="#006644")).over(BASE).dark == Palette()
    assert Theme(dark=Palette(accent="#99ddbb")).over(BASE).light == BASE.light
