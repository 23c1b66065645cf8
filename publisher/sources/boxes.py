"""Know the boxes that themes and plugins put around and into an article, by their classes and ids."""

from __future__ import annotations

import re

from publisher.sources import tidy

Node = tidy.Node

# Names that themes and plugins give to their boxes, whatever the site. A name matches where it is a whole word of a
# class or id: `post-share` has the words `post` and `share`.
_WORDS = re.compile(
    r"(?:^|[\s_-])(?:"
    r"shar(?:e|es|ing)|socials?|sociali[sz]e|addthis|shariff|heateor|sssp|ssba|essb|mashsb|ssk|"
    r"teasers?|mostread|popular|trending|recommend(?:ed|ations?)|similar|"
    r"authorbox|saboxplugin|molongui|abh|biobox|"
    r"newsletters?|mailpoet|mailchimp|optin|subscri(?:be|ption|ptions)|signup|tnp|convertkit|cleverreach|"
    r"breadcrumbs?|pagination|pager|pagenav|toc|lwptoc|scrolltop|totop|skip|"
    r"byline|postmetadata|kksr|postratings|ratings?|likes?|"
    r"ads?|adverts?|advertisement|adsbygoogle|advads|adslot|quads|anzeige|werbung|publicidad|publicite|sponsore?d?|"
    r"promo|promobox|affiliate|aawp|paywall|"
    r"donat(?:e|ion|ions)|patreon|steady|flattr|noprint|printonly"
    r")(?:$|[\s_-])",
    re.I,
)
# The same, of boxes that may hold more prose than the article.
_LARGE = re.compile(
    r"(?:^|[\s_-])(?:"
    r"comments?|commentlist|respond|disqus|wpdiscuz|trackbacks?|pingbacks?|"
    r"relateds?|relatedposts?|crp|relpost|rp4wp|outbrain|taboola|plista|zergnet|contextly|"
    r"sidebar|cookies?|gdpr|consent|cmplz|borlabs|popups?|modal|pum|overlay"
    r")(?:$|[\s_-])",
    re.I,
)
# Names of several words, which are furniture only together.
_NAMES = re.compile(
    r"(?:^|\s)(?:"
    r"code-block-\d+|related_post\S*|wp_rp\S*|jp-carousel\S*|sr-only|"
    r"visually-hidden|\S*(?:back-?to-?top|scroll-?(?:to-?)?top|to-top)\S*|"
    r"\S*(?:you-?(?:may|might)|more-(?:from|posts|stories|news|articles|on)|read-?(?:also|next)|also-read|up-?next)\S*|"
    r"(?:\S+[_-])?(?:about-?(?:the-?)?author|author-?(?:bio|box|info|card|block|description|details|profile|meta|about|"
    r"section|area|wrap(?:per)?)|post-author|entry-author)\S*|m-a-box\S*|ts-fab\S*|pp-multiple-authors\S*|"
    r"\S*(?:sign-up|opt-in|sib-form|mc_embed)\S*|"
    r"\S*(?:post-?nav(?:igation)?|nav-?(?:links|previous|next|single|below|above)|prev-?next|next-?prev|"
    r"adjacent-?(?:posts?|entry)|single-navigation|page-?links|posts?-?links)|navigation|"
    r"(?:ez-)?toc[_-](?:container|wrap|list|title|widget)\S*|table-of-contents|"
    r"(?:entry|post|article|single|blog|meta)-?(?:meta|date|tags?|footer|categor(?:y|ies)|cats?|info|details|views?|"
    r"actions|tools|utility|taxonom(?:y|ies)|terms)(?:[_-](?!content)\S+)?|tags?-?(?:links|list|cloud)|tagcloud|"
    r"cat-links|posted-(?:on|by|in)|"
    r"(?:span-|rt-)?reading-time|wp-block-(?:latest-\S+|query|archives|categories|tag-cloud|search|social-links?|"
    r"rss|calendar|page-list|navigation\S*|loginout|post-(?:author|comments|date|terms|navigation)\S*|"
    r"comments\S*|jetpack-(?:subscriptions|donations|mailchimp|related-posts|like|sharing\S*|send-a-message))|"
    r"display-posts-listing|lcp_catlist|widget|widget_\S+|widget-area|site-footer|site-header|masthead|"
    r"google-auto-placed|in-?(?:article|content|text)-?ads?|ad-?(?:container|wrapper|unit|slot|space|label)\S*|"
    r"login-?form|search-?form"
    r")(?:$|\s)",
    re.I,
)
_BUILDER = re.compile(r"(?:^|\s)(?:so-panel|elementor-\S+|et_pb_\S+|vc_\S+|wpb_\S+|fl-\S+|brxe-\S+)(?:\s|$)")
_ROLES = {"navigation", "complementary", "contentinfo", "banner", "search", "dialog", "alertdialog", "form"}
_TAGS = {"nav", "aside", "footer", "form", "dialog", "menu", "template"}
_PROSE = 500  # characters; an author's biography or a newsletter box is shorter
_HOLDERS = {"div", "section", "ul", "ol", "table"}
_PLACES = ("div", "section", "article", "main", "td")


def without_furniture(root: Node) -> None:
    """Take the boxes out of a whole page that are no part of its article."""
    kept = _around(content_of(root))
    for node in list(root.iter()):
        if node not in kept and isinstance(node.tag, str) and _is_box(node):
            tidy.drop(node)


def content_of(root: Node) -> Node | None:
    """Return the element that holds most of the page's paragraphs as its own children."""
    best, most = None, 0
    for node in root.iter(*_PLACES):
        weight = _prose(node)
        if weight > most and not any(_is_comment(each) for each in (node, *node.iterancestors())):
            best, most = node, weight
    return best


def holds_others(node: Node) -> bool:
    """Say whether a box is called one of comments, of other articles, or of what stands beside the article."""
    return bool(_LARGE.search(_own_name(node)))


def _prose(node: Node) -> int:
    return sum(len(" ".join(child.text_content().split())) for child in node.iterchildren("p"))


def _around(content: Node | None) -> set[Node]:
    return set() if content is None else {content, *content.iterancestors()}


def _is_comment(node: Node) -> bool:
    return bool(re.search(r"(?:^|[\s_-])comments?(?:list)?(?:$|[\s_-])", _own_name(node))) and node.tag != "body"


def _own_name(node: Node) -> str:
    """An id names a box only on a box: on headings and paragraphs it is an anchor, made of their words."""
    name = node.get("id") or "" if node.tag in _HOLDERS else ""
    return f"{node.get('class') or ''} {name}"


def _is_box(node: Node) -> bool:
    if node.tag in ("html", "body", "head", "h1", "img", "picture", "figure", "figcaption", "article", "main"):
        return False
    if node.tag in _TAGS or (node.get("role") or "").lower() in _ROLES or node.get("aria-hidden") == "true":
        return True
    if tidy.is_called_furniture(node):
        return True
    name = _own_name(node).strip()
    if not name or _BUILDER.search(name):
        return False
    return bool(_LARGE.search(name)) or (bool(_WORDS.search(name) or _NAMES.search(name)) and not _is_text(node))


def _is_text(node: Node) -> bool:
    """Tell a part of the article, whatever its name, by its prose: paragraphs with few links."""
    linked = sum(len(link.text_content()) for link in node.iter("a"))
    return sum(len(" ".join(p.text_content().split())) for p in node.iter("p")) - linked > _PROSE
