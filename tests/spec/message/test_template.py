"""Rules: how a template is read, and what it becomes for one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.template import PLACEHOLDERS, Template, one_line, parse_template
from natalis.errors import InvalidInput

KNOWN = dict.fromkeys(PLACEHOLDERS, "x") | {"fullName": "Ada Lovelace", "firstName": "Ada", "years": "41"}
UNKNOWN_YEAR = KNOWN | {"years": ""}


def a_template(body: str = "Hey, {fullName}", *, subject: str = "Subject: Hi", html: str | None = None) -> Template:
    return parse_template(f"{subject}\n\n{body}\n", html, source="birthday")


def test_placeholders_are_filled_in() -> None:
    said = a_template("Hey, {fullName} it's your birthday", subject="Subject: Hi {firstName}!").render(KNOWN)
    assert (said.subject, said.text) == ("Hi Ada!", "Hey, Ada Lovelace it's your birthday")


def test_doubled_braces_are_braces() -> None:
    said = a_template("{{fullName}} {fullName}", html="<style>p {{ color: red }}</style>\n<p>Hi").render(KNOWN)
    assert said.text == "{fullName} Ada Lovelace"
    assert said.html == "<style>p { color: red }</style>\n<p>Hi"


def test_an_unknown_placeholder_is_refused_with_its_line_and_the_nearest_known_one() -> None:
    with pytest.raises(InvalidInput, match=r"birthday\.txt:4: \{fulName\} is not a placeholder; write \{fullName\}"):
        a_template("Hey\n{fulName}")


@pytest.mark.parametrize(
    "form", ["{fullName.__class__}", "{fullName!r}", "{fullName:>9}", "{0}", "{}", "{fullName[0]}"]
)
def test_a_placeholder_is_a_name_and_nothing_more(form: str) -> None:
    with pytest.raises(InvalidInput, match="is not a placeholder"):
        a_template(form)


@pytest.mark.parametrize("form", ["{fullName", "fullName}", "}{"])
def test_a_lone_brace_is_refused(form: str) -> None:
    with pytest.raises(InvalidInput, match="brace"):
        a_template(form)


def test_a_template_without_a_subject_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"birthday\.txt:1: has no subject"):
        parse_template("Hey, {fullName}", source="birthday")


def test_a_line_that_needs_an_unknown_year_is_left_out() -> None:
    template = a_template("Hey, {firstName}\nYou are {years} today\nEnjoy it")
    assert template.render(KNOWN).text == "Hey, Ada\nYou are 41 today\nEnjoy it"
    assert template.render(UNKNOWN_YEAR).text == "Hey, Ada\nEnjoy it"


def test_the_first_subject_whose_values_are_known_is_taken() -> None:
    template = a_template(subject="Subject: {years} years, {firstName}!\nSubject: Happy birthday, {firstName}!")
    assert template.render(KNOWN).subject == "41 years, Ada!"
    assert template.render(UNKNOWN_YEAR).subject == "Happy birthday, Ada!"


def test_a_template_that_says_nothing_without_the_year_is_refused() -> None:
    with pytest.raises(InvalidInput, match="every subject uses"):
        a_template(subject="Subject: {years}!")
    with pytest.raises(InvalidInput, match="no line says anything"):
        a_template("You are {years} today")
    with pytest.raises(InvalidInput, match=r"birthday\.html:1: no line says anything"):
        a_template(html="<p>{years}</p>")


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    values = KNOWN | {"fullName": """<b onclick='x'>"A" & B</b>"""}
    said = a_template(subject="Subject: {fullName}", html='<p title="{fullName}">{fullName}</p>').render(values)
    escaped = "&lt;b onclick=&#x27;x&#x27;&gt;&quot;A&quot; &amp; B&lt;/b&gt;"
    assert said.html == f'<p title="{escaped}">{escaped}</p>'
    assert said.text == f"Hey, {values['fullName']}"
    assert said.subject == values["fullName"]


@pytest.mark.parametrize("html", ["<a href={feedbackUrl}>x</a>\nHi", '<p>Hi\n<p class="x" title= {fullName}>'])
def test_an_attribute_without_quotes_is_refused(html: str) -> None:
    with pytest.raises(InvalidInput, match="attribute without quotes"):
        a_template(html=html)


def test_a_placeholder_inside_quotes_after_an_equals_sign_is_fine() -> None:
    html = '<p>1 ={firstName}</p><a href="https://x.example/?n={firstName}">x</a>'
    assert a_template(html=html).render(KNOWN).html == html.replace("{firstName}", "Ada")


def test_html_has_no_subject_of_its_own() -> None:
    with pytest.raises(InvalidInput, match=r"birthday\.html:1: has a subject"):
        a_template(html="Subject: Hi\n<p>Hi")


@pytest.mark.parametrize(
    "value", ["Renée O'Neil-Łukasz", "\u0645\u06cc\u200c\u0631\u0636\u0627", "李小龍", "a\u00a0b", "👩‍👩‍👧"]
)
def test_names_of_the_world_stay_as_they_are(value: str) -> None:
    assert one_line(value) == value


@given(st.text(st.characters(categories=["Cc", "Cs", "Zl", "Zp", "Cf", "L"])))
def test_no_value_breaks_a_line_or_fails_to_be_encoded(value: str) -> None:
    assert len(one_line(value).splitlines()) <= 1
    one_line(value).encode()


def test_a_value_cannot_turn_the_text_around_it() -> None:
    assert one_line("Ada\u202ecod.exe\u202c") == "Adacod.exe"


@given(st.text(), st.text())
def test_any_text_is_a_template_or_refused_politely(text: str, html: str) -> None:
    try:
        said = parse_template(f"Subject: x\n{text}", html).render(KNOWN)
    except InvalidInput:
        return
    assert said.text.strip("\n") == said.text
