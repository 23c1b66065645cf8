"""Invented stories of invented newspapers, as long as real ones are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.model.article import Article, Image
from publisher.sources import clean
from publisher.sources.address import Place

MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SITE = "https://harbor.example"


def picture(name: str, alt: str = "", width: int | None = 1200, height: int | None = 800, **more: str) -> Image:
    """A picture that tests/judges/pictures.py draws, whatever size is stated for it."""
    return Image(f"{SITE}/media/{name}.jpg", alt=alt, width=width, height=height, **more)


def story(number: int, title: str, summary: str, *authors: str, image: Image | None = None) -> Article:
    return Article(
        title,
        url=f"{SITE}/2026/11/{number:02}-{title.split()[0].strip(':,').lower()}",
        summary=summary,
        authors=authors,
        image=image,
        published_at=MORNING - timedelta(minutes=47 * number),
    )


_LETTER = """
<p>The vote came a little after nine in the evening, and it was closer than anyone in the chamber had said it would
be: eleven for, nine against, one councillor at home with a cold and one who had walked out at half past seven. When
the number went up on the board nobody clapped. Then somebody in the last row did, alone, and kept going.</p>
<p>From Monday two boats will cross the harbour every night until one in the morning. It is the first time since the
<a href="https://harbor.example/archive/2015/last-boat">last boat left Old Mole</a> in the autumn of 2015, with four
passengers, a dog and a reporter of this newspaper on board.</p>
<h2>What changes on Monday</h2>
<p>The first ferry leaves at <strong>5:40</strong>, twenty minutes earlier than now. Tickets stay as they are, and the
monthly pass is good on both boats. The council pays for it out of the parking fund, which <em>for once</em> has more
in it than planned.</p>
<ul><li>North Quay: every 15 minutes until eight in the evening, every 30 minutes after that</li>
<li>Old Mole: every 30 minutes, and at the full hour after eleven</li>
<li>Lighthouse Pier: only on request, by the bell at the landing</li></ul>
<figure><img src="https://harbor.example/media/mole.jpg" width="1104" height="736" alt="The landing at Old Mole at low
tide, with new railings"><figcaption>The landing at Old Mole has new railings and a bench. Photo: R. Lima</figcaption>
</figure>
<h3>What it costs</h3>
<table><caption>Fares from Monday, in euros</caption><thead><tr><th scope="col">Ticket</th><th scope="col">Day</th>
<th scope="col">Night</th></tr></thead><tbody><tr><th scope="row">Single</th><td>2.10</td><td>2.60</td></tr>
<tr><th scope="row">Ten crossings</th><td>17.00</td><td>21.00</td></tr></tbody></table>
<blockquote><p>“Nobody builds a harbour to look at it. You build it so that somebody on the other side can come to
dinner and still get home.”</p></blockquote>
<p>The harbour master, who has been saying this since 2016, said it again on the steps of the town hall, and was
applauded this time. The opposition speaks of an experiment at the wrong end of winter, and wants to see the numbers
in March. Both sides agree on one thing: the bar at the landing is to open again, and it needs somebody to run it.</p>
<ol><li>Applications go to the port office until the fifth of December.</li><li>The rent is one euro in the first
year.</li></ol>
<hr>
<p>Write to us what you think of it: the best letters stand in Saturday’s paper.</p>
"""
LETTER = clean.sanitise(_LETTER, Place(SITE))

FERRY = replace(
    story(
        1,
        "Council votes to bring back the night ferry after eleven years",
        "From Monday two boats cross the harbour until one in the morning. The fare stays as it is, and the old "
        "landing at the Mole opens again, with railings, a bench and, if somebody wants it, a bar.",
        "Inês Duarte",
        "Tom Okafor",
        image=picture(
            "ferry",
            "A white ferry leaves the quay at dusk",
            caption="The Santa Clara on her trial run last night",
            credit="R. Lima",
        ),
    ),
    html=LETTER,
    text=clean.plain(LETTER),
)

EIGHT = (
    FERRY,
    story(
        2,
        "Bakery on Rope Street wins the loaf of the year with a rye that takes four days",
        "Three sisters, one oven from 1931 and a sourdough older than the youngest of them. The jury asked for "
        "seconds, then for the recipe, and got one of the two.",
        "Maud Leroy",
        image=picture("bread", "Dark round loaves on a wooden shelf", 900, 900, credit="M. Leroy"),
    ),
    story(
        3,
        "Why the tide gauge at Pier 4 reads high: a scientist answers five questions",
        "The instrument is right and the pier is sinking, by about three millimetres a year. What that means for the "
        "cellars behind it, and why nobody has to move.",
        "The science desk",
        image=picture("gauge", "A brass gauge on a pier at low water", 800, 1400),
    ),
    story(
        4,
        "Rents near the station rise by 7 % & hardly anybody moves",
        "Figures from the city’s statistics office show the slowest market since 2009. Whoever has a flat keeps it, "
        "and whoever looks for one looks for eleven months.",
        "The data desk",
    ),
    story(
        5,
        "School at the old shipyard opens its doors with 412 pupils and one missing key",
        "Two years late and a little under budget, the building that was once the sail loft has a gym, a library and, "
        "since Sunday evening, a locksmith on call.",
        "Jonas Weber",
        "Aïcha Benali",
        image=picture("school", "A brick hall with tall windows and children in front of it", 1600, 1000),
    ),
    story(
        6,
        "Correction: the lighthouse was lit in 1874, not in 1847",
        "Two figures changed places in our Saturday supplement. The keeper’s great-granddaughter wrote to us, "
        "kindly, with a photograph of the invoice.",
    ),
    story(
        7,
        "Handball: Harbor win at home, 31:28, and climb to third place",
        "Nine goals for Silva, seven of them after the break, and a goalkeeper who saved the last three throws with "
        "his left foot.",
        "Jo Brandt",
        image=picture("handball", "A player jumps towards the goal", 1200, 675),
    ),
    story(
        8,
        "The weekend: a market for old maps, a choir on a barge and fog until noon",
        "Six things to do that cost less than a ferry ticket, one that costs more, and where to get warm in between.",
        "The weekend desk",
    ),
)

_MORE = [words.splitlines() for words in (Path(__file__).parent / "more.txt").read_text("utf-8").split("\n\n")]
_MOTIFS = ("school", "bread", "gauge", "handball", "mole", "ferry")
THIRTY = EIGHT + tuple(
    story(
        number,
        title,
        summary,
        "The city desk" if number % 3 else "Inês Duarte",
        image=picture(_MOTIFS[number % 6], f"Picture of: {title}") if number % 2 else None,
    )
    for number, (title, summary) in enumerate(_MORE, start=9)
)

# A second newspaper, in Arabic; one of its stories is about a book with a Latin title and one is in English.
ARABIC = tuple(
    replace(article, language="ar")
    for article in (
        story(
            1,
            "المجلس البلدي يعيد العبّارة الليلية بعد أحد عشر عامًا من التوقف",
            "ابتداءً من يوم الاثنين يعبر قاربان الميناء حتى الواحدة بعد منتصف الليل. تبقى الأجرة كما هي، ويُفتح الرصيف "
            "القديم من جديد مع مقعد وسور وربما مقهى.",
            "سلمى حداد",
            image=picture(
                "ferry",
                "عبّارة بيضاء تغادر الرصيف عند الغروب",
                caption="العبّارة في رحلتها التجريبية مساء أمس",
                credit="ر. ليما",
            ),
        ),
        story(
            2,
            "مخبز شارع الحبال يفوز بجائزة رغيف العام",
            "ثلاث أخوات وفرن من عام 1931 وعجين يحتاج إلى أربعة أيام. طلبت لجنة التحكيم قطعة ثانية ثم طلبت الوصفة.",
            "مريم الخوري",
            image=picture("bread", "أرغفة داكنة على رف خشبي", 900, 900),
        ),
        story(
            3,
            "لماذا يشير مقياس المد عند الرصيف الرابع إلى رقم مرتفع؟",
            "الجهاز سليم والرصيف هو الذي يهبط نحو ثلاثة مليمترات في السنة. عالمة تجيب عن خمسة أسئلة.",
            image=picture("gauge", "مقياس نحاسي على الرصيف", 800, 1400),
        ),
        story(
            4,
            "إيجارات المساكن قرب المحطة ترتفع بنسبة 7 % ولا أحد ينتقل",
            "تُظهر أرقام مكتب الإحصاء أبطأ سوق منذ عام 2009، ومن يبحث عن شقة يبحث أحد عشر شهرًا.",
            "قسم البيانات",
        ),
        story(
            5,
            "مدرسة حوض السفن القديم تفتح أبوابها لـ 412 تلميذًا",
            "بعد عامين من التأخير صار في المبنى قاعة رياضة ومكتبة، ومنذ مساء الأحد صانع مفاتيح أيضًا.",
            "يونس فيبر",
            image=picture("school", "قاعة من الطوب بنوافذ عالية", 1600, 1000),
        ),
        story(
            6,
            "كتاب الأسبوع: «The Lighthouse Keeper’s Notes» بترجمة جديدة",
            "يوميات حارس منارة كتبها بين عامي 1874 و1911 وتُقرأ كأنها رسائل من اليوم.",
        ),
        story(
            7,
            "كرة اليد: فوز على الأرض 31:28 وصعود إلى المركز الثالث",
            "تسعة أهداف لسيلفا، سبعة منها بعد الاستراحة، وحارس مرمى أنقذ الرميات الثلاث الأخيرة بقدمه اليسرى.",
            image=picture("handball", "لاعب يقفز نحو المرمى", 1200, 675),
        ),
    )
) + (
    replace(
        story(
            8,
            "Letter from abroad: what a small port taught a large one",
            "Our guest column stays in the language in which it was written.",
            "Tom Okafor",
        ),
        language="en",
    ),
)

# What no editor would put on one page: words without end, pictures that never load, stories that lack nearly all.
ROUGH = (
    replace(
        story(
            1,
            "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsurkundenaufbewahrung in an attic",
            "https://harbor.example/archive/a-very-long-address-without-any-break/that-somebody-pasted/into-the-summary?"
            "of=the&story=and_nobody_took_it_out_again_before_it_was_published_on_the_front_page",
            "Wolfeschlegelsteinhausenbergerdorff von Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch",
            image=picture("not-there", "A badge on velvet", caption="The badge, as it lay in its box"),
        ),
        language="de",
    ),
    story(
        2,
        "A picture that no longer exists",
        "Its address answers with an error.",
        image=picture("not-there", "A quay"),
    ),
    story(
        3,
        "A picture of which nobody says anything",
        "Neither what is on it nor how large it is.",
        image=picture("mole", "", None, None),
    ),
    story(
        4,
        "A picture with a very long description and no summary at all",
        "",
        image=picture(
            "not-there",
            "On the left a white ferry with two decks, on the right the quay with some thirty people, behind them the "
            "fish hall, the customs house and, half in the fog, the lighthouse",
        ),
    ),
    Article("A story without a page of its own", summary="It came in a folder, and there is nothing to link to."),
    Article("Nothing but a headline"),
    replace(
        story(
            7,
            "Ηλεκτροεγκεφαλογραφήματοςυπερυπολογιστικοποιημένοςσυντονισμός",
            "Μια λέξη που δεν τελειώνει ποτέ.",
        ),
        language="el",
    ),
    replace(story(8, "ميناء صغير يعلّم ميناءً كبيرًا", "قصة بلغة أخرى في نشرة إنجليزية."), language="ar"),
)

_ROUGH_LETTER = """
<p>An address that somebody pasted: <a href="https://harbor.example/a">https://harbor.example/archive/2026/11/24/a-very-
long-address?with=many&amp;parts=and_one_that_has_no_place_to_break_it_in_two_at_all_not_even_here</a></p>
<p><img src="https://harbor.example/media/mole.jpg"></p>
<p><img src="https://harbor.example/media/not--there.jpg" alt="A drawing -- of the new &gt; crane"></p>
<p><img src="https://harbor.example/media/handball.jpg" width="2400" height="1350" alt="A player"> and words
beside it</p>
<pre><code>def depth(at):  # a line of code that is much longer than any telephone is wide, and then a little more
    return tide[at]</code></pre>
<table><tr><th>Quarter</th><th>Households</th><th>Kilowatt hours</th><th>Thousandlitres</th><th>Change</th>
<th>Bezirksschornsteinfegermeister</th></tr><tr><td>Old Town</td><td>1,204</td><td>3,480,000</td><td>88,120</td>
<td>−4 %</td><td>Donaudampfschifffahrtskapitän</td></tr></table>
<ul><li>One<ul><li>within<ul><li>another<ul><li>and another, Donaudampfschifffahrtsgesellschaftskapitän</li></ul></li>
</ul></li></ul></li></ul>
<h2>A heading that is onesinglewordwhichsomebodyforgottoputspacesintowhentheywereinahurry</h2>
<h4>And one that skips a step</h4>
<p>The end.</p>
"""
ROUGH_ARTICLE = replace(
    ROUGH[0],
    html=clean.sanitise(_ROUGH_LETTER, Place(SITE)),
    text=clean.plain(clean.sanitise(_ROUGH_LETTER, Place(SITE))),
)
