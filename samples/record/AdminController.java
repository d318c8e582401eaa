// Prints log lines of two layouts around REAL stack traces of this JVM.
// "jul": java.util.logging's own default format. "logback": the layout of a
// Spring Boot console, imitated with printf (there is no logback here).
import java.io.*;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;

public class AdminController {
    static class RedisCommandTimeoutException extends RuntimeException {
        RedisCommandTimeoutException(String m, Throwable c) { super(m, c); }
    }
    static class QueryTimeoutException extends RuntimeException {
        QueryTimeoutException(String m, Throwable c) { super(m, c); }
    }
    static void await() {
        try { new CompletableFuture<String>().get(150, TimeUnit.MILLISECONDS); }
        catch (Exception e) { throw new RedisCommandTimeoutException("Command timed out", e); }
    }
    static void session() {
        try { await(); }
        catch (RuntimeException e) { throw new QueryTimeoutException("Redis command timed out", e); }
    }
    static void log(String level, String logger, String msg, Throwable t) {
        System.out.printf("%s %5s %d --- [%s] %-40s : %s%n",
            LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS")),
            level, ProcessHandle.current().pid(), Thread.currentThread().getName(), logger, msg);
        if (t != null) t.printStackTrace(System.out);
    }
    public static void main(String[] a) throws Exception {
        if (a[0].equals("jul")) {
            Logger l = Logger.getLogger("com.example.AdminController");
            l.info("started, 2 workers");
            l.warning("session store is slow");
            try { session(); } catch (RuntimeException e) { l.log(Level.SEVERE, "GET /login failed", e); }
            l.info("stopped");
            return;
        }
        log("INFO", "o.s.b.w.embedded.tomcat.TomcatWebServer", "Tomcat started on port(s): 8080 (http)", null);
        for (int i = 1; i <= 2; i++) {
            Thread t = new Thread(() -> {
                log("DEBUG", "c.e.AdminController", "GET / from 172.12.1.189", null);
                try { session(); } catch (RuntimeException e) { log("ERROR", "c.e.AdminController", "request failed", e); }
            }, "nio-8080-exec-" + i);
            t.start(); t.join();
        }
        log("WARN", "c.e.SessionCounter", "open sessions: 70211", null);
        Map<String, String> m = null;
        System.out.println(m.size());   // uncaught: the JVM itself reports it
    }
}
