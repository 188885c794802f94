//! A trace as a drawing: Graphviz's DOT and Mermaid.

use std::io::{self, Write};

use polar_query::{Build, Chain, Commit, Container, ImageHop, Missing, Trace};

/// What is drawn: boxes, those of missing hops dashed, and arrows from what runs back to people.
#[derive(Debug, Default)]
struct Drawing {
    /// Text of each box, and whether it stands for something missing.
    boxes: Vec<(String, bool)>,
    /// From, to, text, and whether it is the likeliest way.
    arrows: Vec<(usize, usize, String, bool)>,
}

/// Prints a trace for Graphviz.
pub(crate) fn dot(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    let drawing = Drawing::of(trace);
    writeln!(out, "digraph trace {{\n  rankdir=LR;\n  node [shape=box];")?;
    for (place, (text, is_missing)) in drawing.boxes.iter().enumerate() {
        let style = if *is_missing { ", style=dashed" } else { "" };
        writeln!(out, "  n{place} [label=\"{}\"{style}];", in_dot(text))?;
    }
    for (from, to, text, is_likeliest) in &drawing.arrows {
        let style = if *is_likeliest { "" } else { ", style=dotted" };
        writeln!(
            out,
            "  n{from} -> n{to} [label=\"{}\"{style}];",
            in_dot(text)
        )?;
    }
    writeln!(out, "}}")
}

/// Prints a trace for Mermaid.
pub(crate) fn mermaid(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    let drawing = Drawing::of(trace);
    writeln!(out, "flowchart LR")?;
    for (place, (text, is_missing)) in drawing.boxes.iter().enumerate() {
        let class = if *is_missing { ":::missing" } else { "" };
        writeln!(out, "  n{place}[\"{}\"]{class}", in_mermaid(text))?;
    }
    for (from, to, text, is_likeliest) in &drawing.arrows {
        let arrow = if *is_likeliest { "-->" } else { "-.->" };
        let label = match text.as_str() {
            "" => String::new(),
            text => format!("|\"{}\"|", in_mermaid(text)),
        };
        writeln!(out, "  n{from} {arrow}{label} n{to}")?;
    }
    writeln!(out, "  classDef missing stroke-dasharray: 5 5")
}

/// Text in quotes for Graphviz: a line break is `\n`.
fn in_dot(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text in quotes for Mermaid, which reads it as Markdown and HTML: all that could mean something
/// there is written as an entity.
fn in_mermaid(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            c if c.is_alphanumeric() || " .,:/@!-+()".contains(c) => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push_str(&format!("#{};", u32::from(c))),
        }
    }
    out
}

/// The containers of a chain, in so many words.
fn running(chain: &Chain) -> Option<String> {
    let Container {
        cluster,
        namespace,
        workload,
        pod,
        container,
        ..
    } = chain.containers.first()?;
    let pods = match chain.containers.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Some(format!(
        "container {container} of pod {pod}{pods}\n{workload}\n{cluster}/{namespace}"
    ))
}

impl Drawing {
    fn of(trace: &Trace) -> Self {
        let mut drawing = Self::default();
        if let Some(missing) = &trace.missing {
            let target = drawing.labelled(trace.target.clone());
            drawing.missing(target, missing);
        }
        for chain in &trace.chains {
            drawing.chain(chain);
        }
        drawing
    }

    /// The box with a text; what several lead to is drawn once.
    fn labelled(&mut self, text: String) -> usize {
        let known = self.boxes.iter().position(|(other, _)| *other == text);
        known.unwrap_or_else(|| {
            self.boxes.push((text, false));
            self.boxes.len() - 1
        })
    }

    fn missing(&mut self, from: usize, missing: &Missing) {
        let text = format!("? {}", missing.detail);
        let mut arrows = self.arrows.iter();
        if arrows.any(|(begin, end, ..)| *begin == from && self.boxes[*end].0 == text) {
            return;
        }
        self.boxes.push((text, true));
        self.arrow(from, self.boxes.len() - 1, "", true);
    }

    fn arrow(&mut self, from: usize, to: usize, text: &str, is_likeliest: bool) {
        let arrow = (from, to, text.to_owned(), is_likeliest);
        if !self.arrows.contains(&arrow) {
            self.arrows.push(arrow);
        }
    }

    fn chain(&mut self, chain: &Chain) {
        let written = chain.written.clone().or(chain.reference.clone());
        let name = self.labelled(format!("image\n{}", written.unwrap_or_default()));
        let tag = chain.tag.as_ref().map(|tag| {
            let tag = self.labelled(format!("tag\n{}", tag.name));
            self.arrow(name, tag, "means", true);
            tag
        });
        // What runs is reported by the container, whatever its tag points to.
        let (from, relation) = match running(chain) {
            Some(text) => {
                let container = self.labelled(text);
                self.arrow(container, name, "is given", true);
                (container, "runs")
            }
            None => (tag.unwrap_or(name), "is"),
        };
        if let Some(missing) = &chain.missing {
            self.missing(from, missing);
        }
        for (place, image) in chain.images.iter().enumerate() {
            let to = self.image(image);
            let reason = image.because.first();
            let reason = reason.map(|because| format!(" {:?}", because.confidence));
            let text = format!("{relation}{}", reason.unwrap_or_default());
            self.arrow(from, to, &text, place == 0 || image.equally_likely);
        }
    }

    fn image(&mut self, image: &ImageHop) -> usize {
        let here = self.labelled(format!(
            "registry image\n{}",
            image.image.replace('@', "\n@")
        ));
        if let Some(missing) = &image.missing {
            self.missing(here, missing);
        }
        for (place, build) in image.builds.iter().enumerate() {
            self.build(here, build, place == 0 || build.equally_likely);
        }
        let by_build = |oid: &str| {
            let commits = image
                .builds
                .iter()
                .filter_map(|build| build.commit.as_ref());
            commits.into_iter().any(|commit| commit.oid == oid)
        };
        for (place, built) in image.commits.iter().enumerate() {
            if !by_build(&built.commit.oid) {
                let to = self.commit(&built.commit);
                let confidence = built
                    .because
                    .first()
                    .map_or(0.0, |because| because.confidence);
                let is_likeliest = place == 0 || built.equally_likely;
                self.arrow(
                    here,
                    to,
                    &format!("built from {confidence:?}"),
                    is_likeliest,
                );
            }
        }
        here
    }

    fn build(&mut self, image: usize, build: &Build, is_likeliest: bool) {
        let project = build.project.as_deref().unwrap_or("an unknown project");
        let id = build
            .id
            .map_or_else(|| build.pipeline.clone(), |id| id.to_string());
        let run = self.labelled(format!("pipeline {id}\n{project}"));
        let confidence = build
            .because
            .first()
            .map_or(0.0, |because| because.confidence);
        let text = format!("built by {confidence:?}");
        if build.jobs.is_empty() {
            self.arrow(image, run, &text, is_likeliest);
        }
        for job in &build.jobs {
            let id = job.id.map_or_else(|| job.key.clone(), |id| id.to_string());
            let name = job.name.as_deref().unwrap_or("unnamed");
            let job = self.labelled(format!("job {id}\n{name}"));
            self.arrow(image, job, &text, is_likeliest);
            self.arrow(job, run, "in", true);
        }
        for missing in &build.missing {
            self.missing(run, missing);
        }
        if let Some(commit) = &build.commit {
            let to = self.commit(commit);
            self.arrow(run, to, "ran on", true);
        }
    }

    fn commit(&mut self, commit: &Commit) -> usize {
        let title = commit.title.as_deref().unwrap_or("(title not known)");
        let oid = commit.oid.get(..12).unwrap_or(&commit.oid);
        let here = self.labelled(format!("commit {oid}\n{title}"));
        if let Some(missing) = &commit.missing {
            self.missing(here, missing);
        }
        for request in &commit.merge_requests {
            let title = request.title.as_deref().unwrap_or_default();
            let to = self.labelled(format!("merge request {}\n{title}", request.key));
            self.arrow(here, to, "brought in by", true);
            let roles = [
                ("written by", &request.authors),
                ("approved by", &request.approvers),
                ("merged by", &request.merged_by),
            ];
            for (role, names) in roles {
                for name in names {
                    let person = self.labelled(name.clone());
                    self.arrow(to, person, role, true);
                }
            }
        }
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_quotes() {
        assert_eq!(
            in_dot("a \"b\" \\n\nc\u{7}"),
            "a \\\"b\\\" \\\\n\\nc\u{fffd}"
        );
        assert_eq!(
            in_mermaid("a \"b\" <i>#1;`x`\nc"),
            "a #34;b#34; #60;i#62;#35;1#59;#96;x#96;<br>c"
        );
    }

    #[test]
    fn what_several_lead_to_is_drawn_once() {
        let mut drawing = Drawing::default();
        let first = drawing.labelled("a".to_owned());
        assert_eq!(drawing.labelled("a".to_owned()), first);
        drawing.arrow(first, first, "x", true);
        drawing.arrow(first, first, "x", true);
        assert_eq!((drawing.boxes.len(), drawing.arrows.len()), (1, 1));
    }
}
