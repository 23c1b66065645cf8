"""What furniture says in English, German, French, Spanish, Italian, Portuguese, Dutch and Polish.

A line of a pattern is a choice of its own, a further indented line goes on with the one above. A blank stands for any
white space, ``<name>`` for a pattern of that name. What is compared has no accents and is in small letters (`folded`).
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

import regex

_PARTS = {
    "networks": (
        r"facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|tumblr|pocket|bluesky|mastodon|threads|"
        r"instagram|youtube|tiktok|xing|e-?mail|messenger|viber|copy (?:the )?link|print(?: this)?|link kopieren|"
        r"drucken|imprimer|imprimir"
    ),
    "to": r"\s*(?:[:»›→>]|\.\.\.)?",
    "news": (
        r"(?:newsletters?|mailing[- ]list|inbox|e-?mail (?:updates|alerts|list)|bulletin|e-?paper|(?:\w+ )?edition|"
        r"push(?:-| )\w+|podcast|channel|kanal)"
    ),
    "day": (
        r"(?:\d{1,2}(?:st|nd|rd|th|\.|er|o)? ?(?:de )?<month>,? ?(?:de )?\d{2,4}|"
        r"<month> \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4})"
    ),
    "month": (
        r"(?:jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[zc]|fev|avr|aou|ene|abr|ago|dic|gen|mag|giu|lug|"
        r"set|ott|out)\w*\.?"
    ),
}


def folded(line: str) -> str:
    """Return a line as the patterns are written: small letters without accents, plain quotes, single blanks."""
    letters = unicodedata.normalize("NFKD", line.casefold().replace("’", "'"))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def any_of(text: str) -> re.Pattern[str]:
    """Compile a pattern of several lines."""
    lines = re.sub(r"\n\s+", "", textwrap.dedent(text.strip("\n")))
    pattern = "|".join(lines.splitlines())
    for name, part in _PARTS.items():
        pattern = pattern.replace(f"<{name}>", part)
    return re.compile(pattern)


# Whole lines that are furniture wherever they stand.
EXACT = any_of(r"""
    (?:back|return|scroll) to (?:the )?top(?: (?:button|of page))?|to top|top|nach oben|zum seitenanfang
    haut de page
    skip to (?:main )?content|menu|search|home|close|contact(?: us)?|imprint|impressum|zum inhalt springen
    (?:menu|suche|schliessen|startseite|kontakt|accueil|fermer|inicio|buscar|cerca|chiudi|zoeken)
    advertisements?|sponsored|ads?|(?:story|article) continues below(?: advertisement)?|anzeigen?|werbung
    publicite|reklama
    [-–—*]*\s*(?:anzeige|werbung|ad|advertisement)\s*[-–—*:]*|publicidad|pubblicita|publicidade|advertentie
    advertisement\s*[-–—]\s*continue reading below
    share(?: (?:this|on|via|with|the)(?: [\w-]+){0,3})?\s*:?|sharing|shares?|tweet|pin it|save
    teilen(?: mit| auf)?\s*:?|(?:diesen )?(?:artikel|beitrag) teilen
    teil[et]n? (?:sie )?(?:dies|diesen? \w+)(?: .{1,40})?[:!]?
    (?:artikel |beitrag )?(?:weiterempfehlen|merken|twittern|drucken|ausdrucken|vorlesen)
    partager(?: (?:sur|cet|l').{0,40})?\s*:?
    (?:compartir|compartelo|compartilhar|partilhar|condividi|delen|deel dit(?: artikel)?)(?: (?:en|em|su|op|con|
        esto|isso|via)\b.{0,40})?\s*:?
    (?:share )?(?:on |via |auf |sur |en |su |op )?(?:<networks>)
    click to (?:share|e-?mail|print)\b.{0,80}|(?:e-?mail|print) (?:this )?(?:article|page|story)
    klick(?:e|en)?,? um .{0,80}
    (?:cliquez|haz clic|fai clic|clique) (?:pour|para|qui|per) .{0,80}
    read (?:more|next|also|the full (?:story|article))(?:\s*[:»›→].{0,160})?|weiterlesen<to>
    mehr (?:lesen|erfahren|dazu|anzeigen)<to>
    (?:lire (?:la suite|plus|aussi)|leer mas|leia mais|saiba mais|leggi (?:tutto|anche|di piu)|lees (?:meer|ook)|
        en savoir plus)<to>
    (?:see|show|load|view) (?:more|all)|continue reading|more|watch (?:next|more)|up next|mehr|alle anzeigen
    (?:ver|voir) (?:mas|plus)
    (?:next|previous|nachste[rs]?|vorherige[rs]?|article suivant|article precedent|siguiente|anterior)
        (?: (?:artikel|beitrag|seite|articulo|post))?
    (?:subscribe|sign up|join|register|log\s*in|sign in|donate)(?: (?:now|here|today|free))?
    (?:jetzt )?(?:abonnieren|anmelden|spenden|einloggen|registrieren)
    support us|become a member|s'abonner|s'inscrire|suscribete|suscribirse|iscriviti|abbonati|assine
    inschrijven
    (?:subscribe|sign up) (?:to|for) (?:our|the) (?:[\w-]+ ){0,3}(?:newsletters?|mailing list|podcasts?|emails?)
    (?:get )?(?:our )?(?:free )?newsletters?(?: sign-?up)?|(?:enter )?your e-?mail(?: address)?
    newsletter[- ]anmeldung|(?:zum|unser) newsletter(?: anmelden)?
    follow(?: us)?(?: on [\w\s,&]{1,60})?|like us on facebook|like this\s*:?|like|loading(?:\.\.\.)?
    gefallt mir\s*:?|wird geladen(?:\.\.\.)?
    (?:folge?n?|folgt) (?:sie )?uns(?: (?:auf|bei) .{1,60})?\s*:?|suivez-nous.{0,60}|siguenos.{0,60}
    siga-nos.{0,60}|seguici.{0,60}|volg ons.{0,60}
    (?:about|more from|more by|view all posts by) (?:the |this )?authors?
    uber (?:den|die) autor(?:in|en)?(?: .{1,60})?|sobre el autor|a propos de l'auteur
    (?:alle )?(?:beitrage|artikel) von .{1,60}|view all posts(?: by .{1,60})?|(?:ver|voir) tod[oa]s .{0,60}
    (?:no|\d+|one) comments?|comments?(?:\s*\(\d+\)| (?:off|closed|are (?:off|closed)))?
    (?:keine|\d+|ein)\s*kommentare?|kommentare?(?:\s*\(?\d+\)?)?
    (?:aucun|\d+) commentaires?|commentaires?|(?:sin|\d+) comentarios?|comentarios?|commenti|reacties
    kommentare (?:sind )?(?:deaktiviert|geschlossen)(?: .{0,80})?|comments are closed.{0,40}
    \d+ (?:shares?|likes?|views?|aufrufe|mal geteilt)
    (?:previous|next|older|newer|prev)(?: (?:article|post|story|page|posts|entries))?(?:\s*[:»›→«‹←].{0,160})?
    [«‹←<]+\s*(?:previous|older|prev|back|zuruck|vorheriger)\b.{0,120}
    .{0,120}\b(?:next|newer|weiter|nachster)\s*[»›→>]+
    (?:all rights reserved|copyright|©|\(c\)\s*\d{4}).{0,160}|.{0,100}\ball rights reserved\.?
    alle rechte vorbehalten.{0,60}|tous droits reserves.{0,60}
    copyright (?:©|\(c\)|\d{4}).{0,240}|(?:todos los derechos reservados|tutti i diritti riservati).{0,80}
    (?:privacy|cookie) (?:policy|settings|notice)|terms(?: (?:of (?:use|service)|(?:&|and) conditions))?
    datenschutz(?:erklarung)?
    (?:powered by|proudly powered).{0,60}|we use cookies\b.{0,200}|accept(?: (?:all|cookies|all cookies))?
    \d{1,3}\s*-?\s*min(?:ute)?s? read(?:ing time)?
    (?:reading time|time to read|lesezeit|lesedauer|temps de lecture|tiempo de lectura)\s*:?\s*(?:ca\.? )?\d+.{0,20}
    (?:tags?|schlagworte?r?|stichworte?|kategorien?|categories|filed under|etiquetas|etiquettes|mots-cles)\s*:?
    (?:loading|wird geladen|cargando|chargement)(?:\.\.\.)?|(?:listen|horen|anhoren|ecouter|escuchar)
    (?:[*_=~#.•·-]\s?){3,}|\W
""")

# The heading of a list of other articles.
RELATED = any_of(r"""
    (?:related|recommended|similar|popular|latest|recent|other|more|top|trending|most (?:read|popular|viewed|
        shared))(?: (?:and|for you|news|articles?|posts?|stor(?:y|ies)|content|reading|topics?|links?|videos?|
        headlines?|read|coverage|from .{1,40}|on (?:this|the) (?:topic|story|subject)|in .{1,30}|like this))*\s*:?
    you (?:may|might|could|will|'ll) (?:also )?(?:like|love|enjoy|be interested in)(?: .{1,30})?\s*[:.]*
    don't miss\s*:?|read (?:also|next)\s*:?
    see also\s*:?|what to read next|editors?'s? picks?|in case you missed it|further reading\s*:?
    (?:das|dies|auch das|diese \w+) (?:konnten?|durften?) (?:dich|sie|euch|ihnen|dir) (?:auch |ebenfalls |
        noch )?(?:interessieren|gefallen).{0,20}
    (?:auch|ebenfalls|noch) interessant\s*:?
    (?:ahnliche|verwandte|weitere|mehr|passende|neueste|aktuelle|beliebte) (?:beitrage|artikel|themen|news|
        meldungen|nachrichten|posts|storys|inhalte)(?: .{1,40})?\s*:?
    mehr (?:zum thema|zu diesem thema|aus|von|uber)(?: .{1,50})?\s*:?
    (?:lesen sie|lies|lest) (?:auch|mehr|dazu|hierzu|weiter)(?: .{1,40})?\s*:?
    lesen sie (?:hier )?(?:auch|mehr|dazu|weiter).{0,30}:|siehe auch\s*:?|zum thema\s*:?|zum weiterlesen\s*:?
    lesetipps?\s*:?|meistgelesen\w*|aus dem archiv
    (?:articles? (?:similaires?|lies?|connexes?|recents?)|a lire (?:aussi|egalement|ensuite)|sur le meme (?:sujet|
        theme)|lire aussi|voir aussi|vous aimerez(?: .{1,30})?|ces articles .{1,40})\s*:?
    (?:articulos?|noticias?|entradas?|notas?|contenidos?|temas?) (?:relacionad[oa]s?|similares|
        recomendad[oa]s?)\s*:?
    (?:lea|lee|vea|ver|leer) (?:tambien|ademas|mas)\s*:?
    (?:te|le|os|les) (?:puede|podria|recomendamos|va a) (?:interesar|gustar)?(?: .{1,40})?\s*:?
    tambien (?:te )?puede(?:s)? (?:leer|interesarte?|gustarte?)(?: .{1,20})?\s*:?
    (?:artigos?|noticias?|materias?|posts?) relacionad[oa]s?\s*:?|leia (?:tambem|mais)\s*:?
    veja (?:tambem|mais)\s*:?
    (?:articoli|notizie) (?:correlat[ie]|simili|recenti)\s*:?
    (?:leggi|vedi|ti potrebbe(?:ro)?) (?:anche|interessare)(?: anche)?\s*:?|potrebbe interessarti(?: anche)?\s*:?
    (?:gerelateerde?|vergelijkbare|meer) (?:artikelen|berichten|nieuws)\s*:?|lees ook\s*:?
    czytaj (?:takze|tez|wiecej)\s*:?|zobacz (?:takze|tez)\s*:?|powiazane(?: \w+)?\s*:?
""")

# The heading of what is said of the author under the text.
ABOUT = any_of(r"""
    (?:about|uber|zur|zum|sobre|sull'|a propos de|over) ?(?:the |den |die |das |el |la |l'|il |o |de )?
        (?:authors?|autor(?:in|en)?|auteurs?|autore|autrice|person|writer|verfasser(?:in)?|journalist(?:in)?)
        (?: ?[:–-].{0,60}| .{1,40})?
""")

# The heading of the readers' comments.
REPLY = any_of(r"""
    (?:leave|post|write|add) (?:a|your) (?:reply|comment)(?: cancel reply)?|join the (?:conversation|discussion)
    (?:\d+|one) (?:comments?|thoughts?|responses?|replies|reply)(?: (?:on|to) .{1,200})?
    (?:schreibe?n? (?:sie )?(?:einen|den ersten) kommentar|kommentar (?:schreiben|hinterlassen|verfassen|abgeben)|
        hinterlasse? (?:einen|eine) (?:kommentar|antwort)|antwort hinterlassen|kommentieren)(?: .{0,40})?
    (?:\d+|ein|eine) (?:kommentare?|gedanken|antworten|antwort|reaktionen)(?: (?:zu|auf|uber) .{1,200})?
    (?:laisser|ecrire|poster|ajouter) un commentaire(?: .{0,40})?
    (?:deja|dejar|anade|escribe) (?:una? )?(?:respuesta|comentario)(?: .{0,40})?
    (?:deixe|escreva) um comentario(?: .{0,40})?|lascia un commento(?: .{0,40})?|geef een reactie(?: .{0,40})?
    dodaj komentarz(?: .{0,40})?
""")

# A line that leads to one other article: "Read also: The harbor opens".
POINTER = any_of(r"""
    (?:read|see|watch|listen) (?:more|also|next|related|this)\s*[:|»›→]\s*.{1,200}
    related(?: (?:article|story|post|read|reading|coverage))?\s*[:|»›→]\s*.{1,200}
    (?:more on this|also read|also see|don't miss|must read|you may also like|recommended)\s*[:|»›→]\s*.{1,200}
    (?:lesen sie|lies|lest) (?:auch|mehr|dazu|hierzu|hier)(?: \w+){0,2}\s*[:|»›→]\s*.{1,200}
    (?:auch|ebenfalls) (?:interessant|lesenswert)\s*[:|»›→]\s*.{1,200}
    (?:siehe auch|mehr (?:zum thema|dazu)|zum thema|passend dazu|lesetipp|weiterlesen|jetzt lesen|dazu)\s*[:|
        »›→]\s*.{1,200}
    (?:a lire|lire|voir)(?: aussi| egalement)?\s*[:|»›→]\s*.{1,200}
    (?:lea|lee|vea|ver|leer) (?:tambien|ademas|mas)\s*[:|»›→]\s*.{1,200}
    (?:te|le) puede interesar\s*[:|»›→]\s*.{1,200}|(?:leia|veja|saiba) (?:tambem|mais)\s*[:|»›→]\s*.{1,200}
    leggi anche\s*[:|»›→]\s*.{1,200}|lees ook\s*[:|»›→]\s*.{1,200}|czytaj (?:takze|tez)\s*[:|»›→]\s*.{1,200}
""")

# How a sentence begins that asks something of the reader instead of telling something.
APPEAL = any_of(r"""
    (?:please |so |and |now |then |just |why not )?(?:subscribe|sign up|register|join)\b.{0,100}\b(?:<news>|now|
        here|today|free|full (?:story|access)|us)\b
    (?:do you )?want to (?:be informed|know more|read more|learn more|stay|get|receive|support|help).{0,100}\b
        (?:sign up|subscribe|click|join|here|newsletter|donate)\b
    (?:download|get|install) (?:the|our) .{0,60}\bapps?\b
    (?:follow|like|find|join) (?:us|me|him|her|them|@\w+|\w+ (?:\w+ )?)?\s*on (?:facebook|twitter|x|
        instagram|linkedin|telegram|youtube|whatsapp|tiktok|mastodon|google news)\b
    this (?:article|post|story|piece|content) (?:may |might )?(?:contains?|includes?) (?:affiliate|amazon|
        partner)\b.{0,200}
    (?:we|i) (?:may|might) (?:earn|receive) .{0,40}commission.{0,100}
    (?:jetzt |gleich |hier |du kannst |sie konnen |dann )?(?:abonniere?n?|hol|bestelle?n?|melde|melden|trage?n?|
        sichere?n?|verpasse?n?)\b.{0,100}\b(?:<news>|an|ein|kostenlos|probe\w*|abo\w*)\b
    (?:folge?n?|folgt|besuche?n?|like|liken|du kannst (?:mir|uns)) (?:sie )?(?:uns|mir|auch)\b.{0,100}\b
        (?:facebook|twitter|x|instagram|linkedin|telegram|youtube|whatsapp|tiktok|mastodon|xing|google news|
        social media|kanal\w*|auf|bei)\b
    (?:unterstutze?n?|unterstutzt) (?:sie )?(?:uns|unsere?n?|mich|meine?n?|diesen?|den|die)\b.{0,120}
    (?:jetzt |hier )?(?:spenden|mitglied werden|spende[nt]?)\b.{0,60}
    (?:dieser|der|die|das|mit|bei|einige|\*|\(\*\)) .{0,60}\b(?:affiliate|werbe|partner|provisions)-?(?:links?|
        anzeige|programm)\w*\b.{0,200}
    (?:abonnez-vous|inscrivez-vous|recevez|rejoignez|suivez|telechargez|soutenez|faites un don)\b.{0,120}
    pour (?:ne rien|recevoir|suivre)\b.{0,120}\b(?:abonn|inscri|<news>)\w*
    (?:suscrib\w+|registr\w+|sigue(?:nos|me)?|siga(?:nos)?|unete|descarg\w+|recib\w+|apoyanos|
        haz clic)\b.{0,120}\b(?:newsletter|boletin|correo|facebook|twitter|whatsapp|telegram|instagram|app|aqui|
        noticias|canal|cuenta)\b
""")

# The same, in words that an article may use as well: believed only where nothing but furniture follows.
WISH = any_of(r"""
    (?:get|receive|want) .{0,100}\b(?:<news>|delivered|straight (?:to|into)|in your)\b
    (?:if you|for) .{0,160}\b(?:subscribe|sign up|follow (?:us|me)|download (?:the|our) .{0,40}apps?|donate|
        become a member|newsletter)\b
    (?:click|tap) (?:here|on the|below|the)\b.{0,120}
    (?:please )?(?:consider|support) (?:making a|a|our|us|independent)\b.{0,60}\b(?:donat|support|journalism|work|
        member|contribut|subscri)\w*
    (?:have|got) (?:a|any|some) (?:tips?|stor(?:y|ies)|questions?|news)\b.{0,80}\?
    (?:let us know|share your thoughts|tell us|what do you think).{0,80}\b(?:comments?|below|e-?mail)\b
    this (?:article|post|story|piece) (?:was )?(?:first |originally )(?:appeared|published|posted)\b.{0,140}
    the post .{1,200} (?:first appeared|appeared first) on .{1,100}
    (?:wenn|falls) (?:du|sie|ihr|euch|dir|ihnen)\b.{0,160}\b(?:newsletter|abonnier\w*|folg\w*|teil\w*|spend\w*|
        unterstutz\w*|kommentar\w*|paypal|steady)\b
    (?:hat (?:dir|ihnen|euch)|gefallt (?:dir|ihnen|euch)|war) .{0,60}\b(?:artikel|beitrag|text|
        hilfreich)\b.{0,80}[?!]
    (?:was (?:haltst|denkst|meinst) du|was (?:halten|denken|meinen) sie|wie (?:ist|findet)).{0,120}\bkommentar\w*\b
    (?:schreib|schreibt|schreiben sie|diskutiere?n?|sag|sagt|teile?|teilt) .{0,80}\bkommentare?n?\b
    (?:ich freue|wir freuen) (?:mich|uns) (?:auf|uber) .{0,60}(?:kommentar|feedback|meinung)\w*
    (?:dieser|der) (?:artikel|beitrag|text) (?:ist |erschien |wurde )(?:zuerst|zuletzt|erstmals|
        ursprunglich)\b.{0,140}
    der beitrag .{1,200} erschien (?:zuerst )?auf .{1,100}
    (?:nutze|klicke?n?|klickt) (?:sie )?(?:die|den|das|auf|hier|einfach)\b.{0,120}
    (?:alle|mehr|weitere) (?:infos?|informationen|news|nachrichten|artikel) .{0,80}\b(?:hier|newsletter|app|
        unter)\b.{0,40}
    (?:inscreva-se|assine|siga|receba|baixe|clique)\b.{0,120}
    (?:iscriviti|abbonati|seguici|scarica|clicca|sostieni)\b.{0,120}
    (?:abonneer|schrijf je|volg ons|meld je)\b.{0,120}
""")

# A line that is only the author's name, as it is written: capitals tell a name.
BYLINE = regex.compile(
    r"""(?:(?i:(?:posted|written|published|reported|story|words|text)?\s*by|von|par|por|di|door|autor(?:in)?|author|auteur|
    redaktion|text|redacción|autore?|(?:publié|escrito|publicado)\s+p[ao]r|(?:geschrieben|veröffentlicht|erstellt)\s+von|
    ein\s+(?:gast)?(?:beitrag|artikel|kommentar)\s+von))\s*[:/]?\s*
    \p{Lu}[\w.'’-]*(?:\s+(?:(?:v[oa]n|de[lrn]?|d[ai]|la|le|zu|und|and|y|et|e)\s+|&\s*)*\p{Lu}[\w.'’-]*){0,7}
    (?:\s*[|,•·–—].{0,80}|\s+(?:am|on|le|el|il|op|vom|at|in)\s.{0,60}\d.{0,20})?""",
    regex.VERBOSE,
)

# A line that is only the day.
DATELINE = any_of(r"""
    (?:(?:posted|published|updated|last (?:updated|modified)|modified|created|veroffentlicht|aktualisiert|erstellt|
        zuletzt (?:aktualisiert|geandert)|stand|publie|mis a jour|publicado|actualizado|pubblicato|aggiornato|
        geplaatst|date|datum|fecha)(?: (?:on|am|le|el|il|op|at|in|vom|em))?:? )?(?:\w+,? )?<day>
        (?:.{0,40}\d{1,2}[:.h]\d{2})?(?: ?(?:am|pm|uhr|h|[a-z]{2,4}))?(?:\s*[|,•·/–—-].{0,60})?
        (?: (?:by|von|par|por|di|door|um|at|in|unter) .{1,80})?
    (?:posted|published|updated|veroffentlicht|publie|publicado)(?: (?:on|in|by|am|von|le|el))?:?
""")

# A line that only names who made a picture.
CREDIT = any_of(r"""
    \(?(?:photos?|images?|pictures?|fotos?|bild(?:er)?(?:quelle|nachweis|material|rechte)?|titelbild|titelfoto|
        beitragsbild|symbolbild|fotocredits?|fotoquelle|artikelbild|headerbild|photograph|credits? ?(?:photos?)?|
        credito|imagen|immagine|foto's|illustration|featured image|cover (?:photo|image)|header image)
        (?: (?:source|credits?|courtesy|by|via|quelle|nachweis|rechte|von|de))*\s*(?::|/|©|\||by |courtesy of|
        von )\s*.{1,140}
""")
