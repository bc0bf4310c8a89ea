//! `/`: the page to watch an endpoint fail, with its scripts and styles, all of them in the binary.
//!
//! Nothing of it is secret, so it is given without a token; what it asks of the API needs one where there is one.
//! **Invariant:** no script and no style stands in the page itself, so a browser runs none that was brought in.

use axum::{
    Router,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::Api;

/// A file of the page.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    body: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! assets {
    ($($path:literal $content_type:ident $file:literal;)*) => {
        /// Every file of the page.
        const ASSETS: &[Asset] = &[$(Asset {
            path: $path,
            content_type: $content_type,
            body: include_str!(concat!("../../web/", $file)),
        }),*];
    };
}

assets! {
    "/" HTML "index.html";
    "/page/style.css" CSS "style.css";
    "/page/icon.svg" SVG "icon.svg";
    "/page/stories.json" JSON "stories.json";
    "/page/app.js" JS "app.js";
    "/page/api.js" JS "api.js";
    "/page/ask.js" JS "ask.js";
    "/page/charts.js" JS "charts.js";
    "/page/dom.js" JS "dom.js";
    "/page/flows.js" JS "flows.js";
    "/page/path.js" JS "path.js";
    "/page/picture.js" JS "picture.js";
    "/page/seen.js" JS "seen.js";
    "/page/store.js" JS "store.js";
    "/page/stories.js" JS "stories.js";
    "/page/switches.js" JS "switches.js";
    "/page/watch.js" JS "watch.js";
    "/page/vendor/uplot/uPlot.iife.min.js" JS "vendor/uplot/uPlot.iife.min.js";
    "/page/vendor/uplot/uPlot.min.css" CSS "vendor/uplot/uPlot.min.css";
    "/page/vendor/uplot/LICENSE" TEXT "vendor/uplot/LICENSE";
}

/// The page's routes.
pub(super) fn routes() -> Router<Api> {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(asset.path, get(|| async { reply(asset) }))
    })
}

/// Whether a request is for a file of the page, which needs no token.
pub(super) fn is_asset(method: &Method, path: &str) -> bool {
    [Method::GET, Method::HEAD].contains(method) && ASSETS.iter().any(|asset| asset.path == path)
}

fn reply(asset: &'static Asset) -> Response {
    let content_type = HeaderValue::from_static(asset.content_type);
    ([(header::CONTENT_TYPE, content_type)], asset.body).into_response()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn asset(path: &str) -> &'static Asset {
        ASSETS.iter().find(|asset| asset.path == path).unwrap()
    }

    /// What stands between `start` and the next `end`, everywhere in a text.
    fn all_between<'t>(text: &'t str, start: &str, end: char) -> Vec<&'t str> {
        text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
    }

    #[test]
    fn content_types_go_by_the_ending() {
        for asset in ASSETS {
            let kind = match Path::new(asset.path).extension().and_then(|kind| kind.to_str()) {
                None if asset.path == "/" => HTML,
                Some("css") => CSS,
                Some("js") => JS,
                Some("json") => JSON,
                Some("svg") => SVG,
                None if asset.path.ends_with("/LICENSE") => TEXT,
                other => panic!("{}: what is `{other:?}`?", asset.path),
            };
            let reply = reply(asset);
            assert_eq!(reply.headers()[header::CONTENT_TYPE], kind, "{}", asset.path);
        }
    }

    #[test]
    fn no_script_and_no_style_stands_in_the_page() {
        let html = asset("/").body;
        assert!(!html.contains("<style"), "a style sheet in the page");
        for script in all_between(html, "<script", '<') {
            let (attributes, text) = script.split_once('>').unwrap();
            assert!(attributes.contains("src=") && text.trim().is_empty(), "<script{script}");
        }
        for asset in ASSETS {
            for attribute in [" style=", " onclick=", " onload=", " onerror=", "javascript:"] {
                assert!(!asset.body.contains(attribute), "{}: `{attribute}`", asset.path);
            }
            for call in ["setAttribute(\"style\"", "innerHTML", "eval(", "style:"] {
                let found = asset.content_type == JS && asset.body.contains(call);
                assert!(!found, "{}: `{call}`", asset.path);
            }
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for asset in ASSETS {
            let elsewhere = all_between(asset.body, "http", '"');
            let elsewhere =
                elsewhere.iter().filter(|url| url.starts_with("://") || url.starts_with("s://"));
            // the namespace of drawings, and where a vendored library says that it is from
            let names = ["://www.w3.org/2000/svg", "s://github.com/leeoniya/uPlot (v1.6.32) */"];
            let is_name = |url: &&&str| names.contains(&url.lines().next().unwrap_or_default());
            let urls: Vec<_> = elsewhere.filter(|url| !is_name(url)).collect();
            assert!(urls.is_empty(), "{}: {urls:?}", asset.path);
        }
    }

    #[test]
    fn every_file_that_is_named_is_there_and_every_file_is_named() {
        let mut named = vec!["/".to_owned()];
        for asset in ASSETS {
            let mut found = Vec::new();
            if asset.content_type == HTML || asset.content_type == JS {
                found.extend(
                    all_between(asset.body, "\"/page/", '"')
                        .iter()
                        .map(|name| format!("/page/{name}")),
                );
                found.extend(
                    all_between(asset.body, "from \"./", '"')
                        .iter()
                        .map(|name| format!("/page/{name}")),
                );
            }
            for path in &found {
                assert!(
                    ASSETS.iter().any(|asset| asset.path == path),
                    "{} names {path}",
                    asset.path
                );
            }
            named.extend(found);
        }
        for asset in ASSETS {
            assert!(named.iter().any(|path| path == asset.path), "nothing names {}", asset.path);
        }
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        assert_eq!(files(&web), ASSETS.len(), "files of web/ and assets");
    }

    /// How many files a folder has, at any depth.
    fn files(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
    }
}
